#include "core/field_path.h"

namespace mountguard::core {

void FieldPath::AppendTo(std::string* out) const {
  if (parent_ != nullptr) parent_->AppendTo(out);
  switch (kind_) {
    case kRoot:
      out->append(name_);
      break;
    case kChild:
      if (!out->empty()) out->push_back('.');
      out->append(name_);
      break;
    case kIndex:
      out->append("[").append(std::to_string(index_)).append("]");
      break;
    case kKey:
      out->append("[").append(name_).append("]");
      break;
  }
}

std::string FieldPath::ToString() const {
  std::string text;
  AppendTo(&text);
  return text;
}

}  // namespace mountguard::core
