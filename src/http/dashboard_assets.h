// The built page of web/, as it was when this program was built: three files with names that never change.
#pragma once

#include <string_view>

namespace streamd::dashboard_assets {

std::string_view index_html();
std::string_view app_js();
std::string_view app_css();

}  // namespace streamd::dashboard_assets
