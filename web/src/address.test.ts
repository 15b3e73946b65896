import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashOfSymbol, symbolOfHash } from './address';

test('any text behind the # names a symbol, also one that is not well written', () => {
  assert.deepEqual(['', '#', '#BTC%2FUSD', '#100%'].map(symbolOfHash), ['', '', 'BTC/USD', '100%']);
  assert.equal(symbolOfHash(hashOfSymbol('100% ⚡')), '100% ⚡');
});
