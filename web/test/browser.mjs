// Debian's Chromium, with nothing of it that calls home.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const path = process.env.CHROMIUM ?? '/usr/bin/chromium';

// Ends the program with 77, "skipped", where there is none.
export function openBrowser() {
  if (!existsSync(path)) {
    console.log(`skipped: no Chromium at ${path}; scripts/setup --tests installs it`);
    process.exit(77);
  }
  return chromium.launch({
    executablePath: path,
    args: [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
      '--disable-background-networking', '--disable-component-update',
    ],
  });
}
