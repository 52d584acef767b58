#include "cli/command.h"
#include "cli/hand_over.h"

int main(int argc, char** argv) {
  using mountguard::cli::LocalCommands;
  if (argc > 1 && mountguard::cli::HasCommand(LocalCommands(), argv[1])) {
    return mountguard::cli::Main(LocalCommands(), argc, argv);
  }
  return mountguard::cli::HandOver(argv);
}
