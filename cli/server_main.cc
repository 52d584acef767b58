#include "cli/command.h"

int main(int argc, char** argv) {
  return mountguard::cli::Main(mountguard::cli::AllCommands(), argc, argv);
}
