#include "node/survey.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "core/file_reader.h"
#include "tests/node/fake_node.h"

namespace mountguard::node {
namespace {

using Catch::Matchers::Contains;
using Texts = std::vector<std::string>;

const std::string kAgentId(64, 'a');
const std::string kOtherId = "aaaa" + std::string(60, 'b');

std::string CgroupOf(const std::string& id) {
  return "0::/kubepods/besteffort/podaaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee/" + id + "\n";
}

struct SurveyedNode : FakeNode {
  SurveyedNode() {
    AddProcess(1, "systemd", "20 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n", "0::/\n", 1);
    AddProcess(2, "cron", "20 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n", "0::/\n", 1);
    AddProcess(10, "agent", "50 1 0:90 / / rw master:7 - overlay overlay rw\n", CgroupOf(kAgentId),
               2);
    AddProcess(11, "helper", "50 1 0:90 / / rw master:7 - overlay overlay rw\n", CgroupOf(kAgentId),
               2);
    AddProcess(20, "other", "60 1 0:91 / / rw - overlay overlay rw\n", CgroupOf(kOtherId), 3);
    // Has the group that the agent's is a slave of.
    AddProcess(30, "between", "70 1 0:92 / / rw shared:7 master:1 - ext4 /dev/sdb rw\n", "0::/\n",
               4);
    Write("/var/log/containers/agent-x1_monitoring_agent-" + kAgentId + ".log", "");
  }

  core::Result<Survey> Read(const Selection& selection) const {
    const core::SystemFileReader files;
    return SurveyNode(ProcessReader(files, root()), selection);
  }

  /// The titles of what was asked for.
  Texts Titles(const Selection& selection) const {
    const auto survey = Read(selection);
    REQUIRE(survey.has_value());
    Texts titles;
    for (std::size_t i = survey->asked_from; i < survey->namespaces.size(); ++i) {
      titles.push_back(TitleOf(survey->namespaces[i]));
    }
    return titles;
  }
};

Selection All() { return {{}, {}, {}, true}; }

TEST_CASE("Namespaces are told once each, whichever way they are asked for", "[survey]") {
  const SurveyedNode node;
  CHECK(node.Titles({}) == Texts{"the host"});
  const Texts agent = {"container agent of pod monitoring/agent-x1"};
  CHECK(node.Titles({{10, 11}, {}, {}, false}) == agent);
  CHECK(node.Titles({{}, {kAgentId.substr(0, 12)}, {}, false}) == agent);
  CHECK(node.Titles({{}, {}, {"monitoring/agent-x1"}, false}) == agent);
  CHECK(node.Titles({{1, 10}, {}, {}, false}) == Texts{"the host", agent[0]});
  CHECK(node.Titles(All()) ==
        Texts{"the host", agent[0], "container aaaabbbbbbbb", "process 30 (between)"});
  CHECK(node.Read(All())->namespaces[1].processes == 2);
}

TEST_CASE("Groups of namespaces that were not asked for are known where they count", "[survey]") {
  const SurveyedNode node;
  const auto agent = node.Read({{10}, {}, {}, false});
  REQUIRE(agent.has_value());
  CHECK(agent->namespaces.size() == 2);  // the host's, for comparison
  CHECK(agent->groups.Reaches(1, agent->namespaces[1].table->mounts()[0]));
}

TEST_CASE("What is asked for and not there is an error that says so", "[survey]") {
  const SurveyedNode node;
  const auto error = [&](const Selection& selection) {
    const auto survey = node.Read(selection);
    REQUIRE_FALSE(survey.has_value());
    return survey.error().message;
  };
  CHECK_THAT(error({{99}, {}, {}, false}), Contains("there is no process 99"));
  CHECK_THAT(error({{}, {"aaaa"}, {}, false}), Contains("the ids of 2 containers begin with aaaa"));
  CHECK_THAT(error({{}, {"ffff"}, {}, false}), Contains("whose id begins with ffff"));
  CHECK_THAT(error({{}, {}, {"monitoring/none"}, false}),
             Contains("no container of a pod monitoring/none runs on this node; the names of 1"));
}

TEST_CASE("What cannot be read is told beside the rest", "[survey]") {
  SurveyedNode node;
  node.AddProcess(40, "odd", "nonsense\n", "0::/\n", 9);
  const auto survey = node.Read({{10, 40}, {}, {}, false});
  REQUIRE(survey.has_value());
  REQUIRE(survey->unseen.size() == 1);
  CHECK(survey->unseen[0].what == "process 40");
  CHECK_THAT(survey->unseen[0].why, Contains("line 1"));
}

}  // namespace
}  // namespace mountguard::node
