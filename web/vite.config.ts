// Builds three files with names that never change, for the program embeds them: index.html, app.js, app.css.
import { defineConfig } from 'vite';

const server = process.env['STREAM_DAEMON_HTTP'] ?? 'http://127.0.0.1:9010';

export default defineConfig({
  base: './', // also behind a proxy's prefix
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // no data: addresses, so the page's security policy needs none
    cssCodeSplit: false,
    reportCompressedSize: true,
    rollupOptions: {
      output: { entryFileNames: 'app.js', assetFileNames: 'app[extname]', inlineDynamicImports: true },
    },
  },
  esbuild: { legalComments: 'eof' }, // the licence of lightweight-charts stays in the script
  server: {
    proxy: Object.fromEntries(['/history', '/stream', '/query'].map((path) => [path, { target: server }])),
  },
});
