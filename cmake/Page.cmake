# The page for browsers, built from web/: PAGE_FILES in PAGE_DIR. scripts/setup has brought what it is built with.
find_program(NPM npm REQUIRED)
set(PAGE_DIR "${CMAKE_BINARY_DIR}/page")
set(PAGE_FILES "${PAGE_DIR}/index.html" "${PAGE_DIR}/app.js" "${PAGE_DIR}/app.css")

set(web "${CMAKE_SOURCE_DIR}/web")
file(GLOB_RECURSE page_sources CONFIGURE_DEPENDS "${web}/src/*")
list(FILTER page_sources EXCLUDE REGEX "\\.test\\.ts$")
list(APPEND page_sources "${web}/index.html" "${web}/package-lock.json" "${web}/package.json" "${web}/tsconfig.json"
  "${web}/vite.config.ts")
add_custom_command(
  OUTPUT ${PAGE_FILES}
  COMMAND ${NPM} run --silent build -- --outDir "${PAGE_DIR}" --emptyOutDir --logLevel warn
  DEPENDS ${page_sources}
  WORKING_DIRECTORY "${web}"
  COMMENT "Building the page"
  VERBATIM)
