// The bytes of the page's files, between two symbols each. The build says where they are (-Wa,-I).
    .section .rodata

    .macro file name, path
    .global dashboard_\name\()_begin, dashboard_\name\()_end
dashboard_\name\()_begin:
    .incbin "\path"
dashboard_\name\()_end:
    .endm

    file index_html, index.html
    file app_js, app.js
    file app_css, app.css

    .section .note.GNU-stack, "", %progbits
