// Serves the built page and a random market by the daemon's interface.
//   node test/mock_server.mjs [--port 9010] [--symbols 500] [--bars 100] [--seed 1] [--token T] [--no-decisions]
//     [--empty] [--file logs/decisions.ndjson]
// POST /mock/drop cuts all streams, /mock/forget makes them impossible to resume, /mock/pause?ms=N stops accepting.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gateAt, makeMarket } from './mock_market.mjs';
import { FileStream } from './mock_file.mjs';
import { historyOf, overviewOf, queryOf } from './mock_answers.mjs';
import { MockStream } from './mock_stream.mjs';

const pages = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/app.js': ['app.js', 'text/javascript; charset=utf-8'],
  '/app.css': ['app.css', 'text/css; charset=utf-8'],
};
const pageFolder = process.env.PAGE_DIR ?? fileURLToPath(new URL('../dist', import.meta.url));
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'";

export async function startMock(options = {}) {
  const { port = 0, symbols = 500, bars = 100, seed = 1, decisions = true, empty = false } = options;
  const { file = '' } = options; // of decisions: it is followed, and there is no daemon
  const { token = '', forbidden = '', overview = 'works' } = options; // or the overview 'fails', or 'hangs'
  const startS = Math.floor(Date.now() / 1000);
  const ofMarket = { symbols, barsPerSecond: bars, seed, nowS: startS, historyBars: (i) => (i < 20 ? 7000 : 600) };
  const market = empty ? [] : makeMarket(ofMarket);
  const stream = file === '' ? new MockStream(decisions) : new FileStream(file, !empty);
  const shown = { decisions, file };
  const begin = (more) => {
    market.splice(0, Infinity, ...makeMarket({ ...ofMarket, nowS: Math.floor(Date.now() / 1000) - 1, ...more }));
  };
  const asked = []; // of /history
  let refuseUntil = 0;

  // Each tenth of a second has its share of the symbols, as bars of a real market are spread.
  let tenth = Math.floor(Date.now() / 100);
  const timer = setInterval(() => {
    for (const now = Math.floor(Date.now() / 100); tenth < now; ++tenth) {
      const second = Math.floor(tenth / 10) - 1;
      market.forEach((symbol, i) => {
        if (i % 10 !== tenth % 10 || (second + Math.floor(i / 10)) % symbol.everyS !== 0) return;
        if ((symbol.bars.at(-1)?.ts_ms ?? 0) >= second * 1000) return;
        const { bar, decision } = symbol.step(second, gateAt(second));
        stream.bar(symbol.name, bar, 0);
        if (decisions) stream.decision(symbol.name, decision);
      });
      if (tenth % 10 === 0) stream.health(gateAt(second));
    }
  }, 50);

  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://mock');
    const answer = (status, type, body) =>
      response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body);
    const json = (body) => answer(200, 'application/json', JSON.stringify(body));
    if (Date.now() < refuseUntil) return request.socket.destroy();
    if (pages[url.pathname]) {
      const [file, type] = pages[url.pathname];
      response.setHeader('Content-Security-Policy', policy);
      return answer(200, type, await readFile(`${pageFolder}/${file}`));
    }
    if (request.method === 'POST' && url.pathname.startsWith('/mock/')) {
      if (url.pathname === '/mock/forget') stream.forget();
      if (url.pathname === '/mock/pause') refuseUntil = Date.now() + Number(url.searchParams.get('ms'));
      stream.drop();
      return answer(200, 'text/plain', 'done\n');
    }
    if (token !== '' && request.headers.authorization !== `Bearer ${token}`) {
      return answer(401, 'text/plain', 'a token is needed\n');
    }
    if (forbidden !== '') return answer(403, 'text/plain', forbidden);
    if (url.pathname === '/history') {
      asked.push(url.search);
      const name = url.searchParams.get('symbol');
      if (name === null && overview === 'hangs') return;
      if (name === null && overview === 'fails') return answer(500, 'text/plain', 'the database is away\n');
      if (name === null) return json(overviewOf(market, shown));
      return json(historyOf(market.find((symbol) => symbol.name === name), name, url.searchParams, shown));
    }
    if (url.pathname === '/stream') return stream.serve(request, response, url.searchParams.get('symbol'));
    if (url.pathname === '/query' && file === '') {
      try {
        return json(queryOf(market, url.searchParams.get('sql') ?? ''));
      } catch (error) {
        return answer(400, 'text/plain', `${error.message}\n`);
      }
    }
    answer(404, 'text/plain', 'nothing here\n');
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    market,
    stream,
    asked,
    begin,
    // Another file takes the place of the one that is followed.
    replaceFile: (more) => {
      begin(more);
      stream.reset();
    },
    pause: (ms) => {
      refuseUntil = Date.now() + ms;
      stream.drop();
    },
    stop: () => {
      clearInterval(timer);
      stream.drop();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '9010' },
      symbols: { type: 'string', default: '500' },
      bars: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
      token: { type: 'string', default: '' },
      'no-decisions': { type: 'boolean', default: false },
      empty: { type: 'boolean', default: false },
      file: { type: 'string', default: '' },
    },
  });
  const mock = await startMock({
    port: Number(values.port),
    symbols: Number(values.symbols),
    bars: Number(values.bars),
    seed: Number(values.seed),
    token: values.token,
    decisions: !values['no-decisions'],
    empty: values.empty,
    file: values.file,
  });
  console.log(mock.url);
}
