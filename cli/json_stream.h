#ifndef MOUNTGUARD_CLI_JSON_STREAM_H_
#define MOUNTGUARD_CLI_JSON_STREAM_H_

#include <cstddef>
#include <iosfwd>
#include <string_view>
#include <vector>

#include "cli/json_output.h"

namespace mountguard::cli {

/// Writes a document as WriteJson does, byte for byte, but part by part, so that what is large need
/// never be in memory as a whole. The caller pairs Begin and End and puts a Key before every value
/// of an object; the last End writes the line end.
///
/// Borrows the stream; not thread-safe.
class JsonStream {
 public:
  explicit JsonStream(std::ostream& out) : out_(out) {}

  void BeginObject() { Begin('{', '}'); }
  void BeginList() { Begin('[', ']'); }
  /// Ends what was begun last.
  void End();
  void Key(std::string_view name);
  void Value(const Json& value);
  /// A member of an object; for those that are there as a whole.
  void Member(std::string_view name, const Json& value) {
    Key(name);
    Value(value);
  }

 private:
  /// An object or a list that is begun and not ended.
  struct Level {
    char close;
    bool empty = true;
  };

  void Begin(char open, char close);
  void StartValue();
  void StartElement();
  void StartLine();

  std::ostream& out_;
  std::vector<Level> levels_;
  bool after_key_ = false;
};

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_JSON_STREAM_H_
