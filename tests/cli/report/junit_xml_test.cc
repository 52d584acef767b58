#include "cli/report/junit_xml.h"

#include <catch2/catch.hpp>
#include <sstream>

namespace mountguard::cli {
namespace {

std::string Written(const std::vector<JUnitSuite>& suites) {
  std::ostringstream out;
  WriteJUnitXml("mountguard", suites, out);
  return out.str();
}

JUnitCase CaseWith(std::vector<JUnitProblem> problems) {
  return {"a case", "deploy/x.yaml", std::move(problems), ""};
}

TEST_CASE("a JUnit report holds suites, properties, cases and what went wrong", "[junit]") {
  const JUnitProblem failure = {JUnitProblem::Kind::kFailure, "some-rule", "one line",
                                "two\nlines"};
  JUnitSuite suite = {
      "production", "tests/production.yaml", {{"policy", "strict.yaml"}}, {}, "end"};
  suite.cases = ListOf({{"good", "production", {}, ""}, {"bad", "production", {failure}, "said"}});
  CHECK(
      Written({suite}) ==
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"mountguard\" tests=\"2\" failures=\"1\" errors=\"0\">\n"
      "  <testsuite name=\"production\" file=\"tests/production.yaml\" tests=\"2\" failures=\"1\" "
      "errors=\"0\" skipped=\"0\">\n"
      "    <properties>\n"
      "      <property name=\"policy\" value=\"strict.yaml\"/>\n"
      "    </properties>\n"
      "    <testcase name=\"good\" classname=\"production\"/>\n"
      "    <testcase name=\"bad\" classname=\"production\">\n"
      "      <failure type=\"some-rule\" message=\"one line\">two\nlines</failure>\n"
      "      <system-out>said</system-out>\n"
      "    </testcase>\n"
      "    <system-out>end</system-out>\n"
      "  </testsuite>\n"
      "</testsuites>\n");
  CHECK(Written({}) ==
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites name=\"mountguard\" tests=\"0\" failures=\"0\" errors=\"0\">\n"
        "</testsuites>\n");
}

TEST_CASE("a JUnit case counts once, as the worst that happened in it", "[junit]") {
  const JUnitProblem failure = {JUnitProblem::Kind::kFailure, "", "f", ""};
  const JUnitProblem error = {JUnitProblem::Kind::kError, "", "e", ""};
  const JUnitProblem skipped = {JUnitProblem::Kind::kSkipped, "", "s", ""};
  JUnitSuite suite = {"s", "", {}, {}, ""};
  suite.cases = ListOf({CaseWith({failure, failure}), CaseWith({failure, error}),
                        CaseWith({skipped}), CaseWith({skipped, failure}), CaseWith({})});
  CHECK_THAT(Written({suite}),
             Catch::Contains("<testsuite name=\"s\" tests=\"5\" failures=\"2\" errors=\"1\" "
                             "skipped=\"1\">") &&
                 Catch::Contains("      <skipped message=\"s\"/>\n"));
}

TEST_CASE("JUnit XML carries every text, or U+FFFD where XML has no word for it", "[junit]") {
  JUnitSuite suite = {"<a> & \"b\"\n\tc\r", "", {}, {}, ""};
  suite.cases = ListOf(
      {CaseWith({{JUnitProblem::Kind::kFailure, "", "", "]]> \"q\"\n\tl\r\x1b[31m\x7f"}}),
       CaseWith({{JUnitProblem::Kind::kFailure, "", "\x80\xEF\xBF\xBE\xF0\x9F\x90\xB3", ""}})});
  CHECK_THAT(Written({suite}),
             Catch::Contains("name=\"&lt;a&gt; &amp; &quot;b&quot;&#10;&#9;c&#13;\"") &&
                 Catch::Contains(">]]&gt; \"q\"\n\tl&#13;\xEF\xBF\xBD[31m\x7f<") &&
                 Catch::Contains("message=\"\xEF\xBF\xBD\xEF\xBF\xBD\xF0\x9F\x90\xB3\""));
}

}  // namespace
}  // namespace mountguard::cli
