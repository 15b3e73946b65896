#include "http/dashboard_assets.h"

extern "C" {
// dashboard_files.S
extern const char dashboard_index_html_begin[], dashboard_index_html_end[];
extern const char dashboard_app_js_begin[], dashboard_app_js_end[];
extern const char dashboard_app_css_begin[], dashboard_app_css_end[];
}

namespace streamd::dashboard_assets {

std::string_view index_html() { return {dashboard_index_html_begin, dashboard_index_html_end}; }
std::string_view app_js() { return {dashboard_app_js_begin, dashboard_app_js_end}; }
std::string_view app_css() { return {dashboard_app_css_begin, dashboard_app_css_end}; }

}  // namespace streamd::dashboard_assets
