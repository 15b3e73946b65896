// Lines that a daemon must refuse, each for its own reason, without harm to the lines around them.
#pragma once

#include <array>
#include <string_view>

namespace streamd::probe {

inline constexpr std::array<std::string_view, 12> kBadLines = {
    "{\"type\":\"trade\",\"symbol\":\"BAD\",\"ts_ms\":17000000001\n",
    "[\"type\",\"trade\"]\n",
    "price up!\n",
    "{\"type\":\"trade\",\"symbol\":\"BAD\xff\",\"ts_ms\":1700000000123,\"price\":1,\"qty\":1}\n",
    "{\"type\":\"quote\",\"symbol\":\"BAD\",\"ts_ms\":1700000000123,\"price\":1,\"qty\":1}\n",
    "{\"type\":\"trade\",\"ts_ms\":1700000000123,\"price\":1,\"qty\":1}\n",
    "{\"type\":\"trade\",\"symbol\":\"BAD\",\"ts_ms\":1700000000123,\"price\":1}\n",
    "{\"type\":\"trade\",\"symbol\":\"BAD\",\"ts_ms\":1700000000123,\"price\":\"much\",\"qty\":1}\n",
    "{\"type\":\"trade\",\"symbol\":\"BAD\",\"ts_ms\":1700000000123,\"price\":1e999,\"qty\":1}\n",
    "{\"type\":\"trade\",\"symbol\":\"BAD\",\"ts_ms\":1700000000.5,\"price\":1,\"qty\":1}\n",
    "{\"type\":\"trade\",\"symbol\":\"BAD\",\"ts_ms\":1700000000123,\"price\":1,\"qty\":-1}\n",
    "{\"type\":\"ohlc1s\",\"symbol\":\"BAD\",\"ts_ms\":1700000000000,\"open\":2,\"high\":1,\"low\":1,\"close\":1,\"volume\":1}\n",
};

}  // namespace streamd::probe
