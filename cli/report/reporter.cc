#include "cli/report/reporter.h"

namespace mountguard::cli {

const std::vector<ReportFormat>& ReportFormats() {
  static const std::vector<ReportFormat> formats = {
      {"text", "for people: every place with its lines and a remedy", &WriteTextReport},
      {"json", "for programs: everything that is known of every result", &WriteJsonReport},
  };
  return formats;
}

const ReportFormat* FindReportFormat(std::string_view name) {
  for (const ReportFormat& format : ReportFormats()) {
    if (format.name == name) return &format;
  }
  return nullptr;
}

}  // namespace mountguard::cli
