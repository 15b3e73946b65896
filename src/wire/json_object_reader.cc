#include "wire/json_object_reader.h"

#include <algorithm>

#include "wire/json_scan.h"

namespace streamd {

namespace ondemand = simdjson::ondemand;

struct JsonObjectReader::Parser {
  ondemand::parser parser;
};

JsonObjectReader::JsonObjectReader(std::vector<std::string_view> names)
    : names_(std::move(names)), values_(names_.size()), parser_(std::make_unique<Parser>()) {}
JsonObjectReader::~JsonObjectReader() = default;

bool JsonObjectReader::read(std::string_view line) {
  std::fill(values_.begin(), values_.end(), FieldValue());
  ondemand::document document;
  ondemand::object object;
  const simdjson::padded_string_view padded(line.data(), line.size(), line.size() + simdjson::SIMDJSON_PADDING);
  if (parser_->parser.iterate(padded).get(document) || document.get_object().get(object)) return false;
  for (auto member : object) {
    ondemand::field field;
    std::string_view key;
    if (std::move(member).get(field) || field.unescaped_key().get(key)) return false;
    const auto name = std::find(names_.begin(), names_.end(), key);
    FieldValue* keep = name == names_.end() ? nullptr : &values_[static_cast<std::size_t>(name - names_.begin())];
    if (!scan_json_value(field.value(), 1, keep)) return false;
  }
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;  // nothing after the object
}

}  // namespace streamd
