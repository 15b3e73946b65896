// Names that somebody may have meant.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace streamd::feed {

// Up to `most` of `known`, the most similar first: those that differ from `name` in one letter of three, or less, and
// those that go on where it ends. Nothing is similar to a very long name.
std::vector<std::string> similar_names(std::string_view name, const std::vector<std::string_view>& known,
                                       std::size_t most);

}  // namespace streamd::feed
