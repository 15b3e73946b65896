#include "wire/json_object_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "wire/parsed_line.h"

namespace streamd {
namespace {

class JsonObjectReaderTest : public testing::Test {
 protected:
  bool read(std::string line) {
    const std::size_t length = line.size();
    line_ = std::move(line);
    line_.append(kReadSlack, '}');
    return reader_.read(std::string_view(line_).substr(0, length));
  }

  std::string line_;
  JsonObjectReader reader_{{"a", "b"}};
};

TEST_F(JsonObjectReaderTest, GivesWhatStandsUnderItsNames) {
  ASSERT_TRUE(read(R"( {"x":{"a":1,"y":[true]},"\u0061" : -1.50e3 ,"b":"q\"\u00e9"} )"));
  EXPECT_EQ(reader_[0].form, FieldValue::number);
  EXPECT_EQ(reader_[0].text, "-1.50e3");
  EXPECT_EQ(reader_[1].form, FieldValue::string);
  EXPECT_EQ(reader_[1].text, "q\"é");
  ASSERT_TRUE(read(R"({"b":[{}],"a":null,"a":true})"));
  EXPECT_EQ(reader_[0].form, FieldValue::literal);
  EXPECT_EQ(reader_[0].text, "true");
  EXPECT_EQ(reader_[1].form, FieldValue::container);
  ASSERT_TRUE(read("{}"));
  EXPECT_EQ(reader_[0].form, FieldValue::absent);
  EXPECT_EQ(reader_[1].form, FieldValue::absent);
}

TEST_F(JsonObjectReaderTest, TakesNothingThatIsNotWhollyAnObject) {
  for (const char* line : {"", " ", "1", "[]", "null", "{", "{}}", "{} {}", R"({"a":1,})", R"({"a":01})",
                           R"({"a":tru})", R"({"x":[1,]})", R"({"x":{"y":nul}})", R"({"a":"\x"})", "{\"a\":\"\xff\"}", R"({"a" 1})"}) {
    EXPECT_FALSE(read(line)) << line;
  }
}

}  // namespace
}  // namespace streamd
