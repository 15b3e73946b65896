// The flags of the HTTP endpoint, and what they say together. Part of options.cc.
#pragma once

#include <string>

#include "daemon/options.h"

namespace CLI {
class App;
}

namespace streamd {

void add_http_flags(CLI::App& app, Options& options);
// What single values cannot show. Empty when all is well.
std::string http_contradiction(const Options& options);

}  // namespace streamd
