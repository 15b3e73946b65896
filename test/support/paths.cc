#include "support/paths.h"

namespace streamd {

std::string source_path(const std::string& below) { return STREAMD_SOURCE_DIR "/" + below; }
std::string program_path(const std::string& name) { return STREAMD_BIN_DIR "/" + name; }

}  // namespace streamd
