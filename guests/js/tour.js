/**
 * tour walks through the interface: set, get, exists and delete, a TTL, a hundred
 * gets at once, and what an error looks like.
 */

import { subscribeDuration } from 'wasi:clocks/monotonic-clock@0.2.12';
import { CacheError, exists, get, remove, set, startGet, waitAll } from './cache.js';

const encode = (text) => new TextEncoder().encode(text);
const text = (value) => (value ? JSON.stringify(new TextDecoder().decode(value)) : 'absent');

function tour() {
  const key = 'drink:1';
  console.log('exists before set:', exists(key));
  set(key, encode('flat white'));
  console.log('exists after set:', exists(key));
  console.log('get:', text(get(key)));
  remove(key);
  console.log('get after delete:', text(get(key)));

  set(key, encode('soup of the day'), 300);
  console.log('within its TTL:', text(get(key)));
  subscribeDuration(500_000_000n).block();
  console.log('after its TTL:', text(get(key)));

  const found = waitAll(Array.from({ length: 100 }, (_, i) => startGet(`fan:${i}`)));
  console.log(`found ${found.filter(Boolean).length} of ${found.length}`);

  try {
    exists('x'.repeat(65_536));
    console.log('the host took a key of 64 KiB');
  } catch (e) {
    if (!(e instanceof CacheError)) throw e;
    console.log('long key:', e.trace);
  }
}

export const run = {
  run() {
    try {
      tour();
    } catch (e) {
      console.log(`tour: ${e.message}`);
      throw undefined; // the error case of run's result
    }
  },
};
