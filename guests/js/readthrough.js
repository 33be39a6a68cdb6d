/**
 * readthrough [DRINK] asks what a drink costs. Finding out is slow, so the price
 * is kept for a minute: however many guests ask at once, one finds out.
 */

import { getArguments } from 'wasi:cli/environment@0.2.12';
import { subscribeDuration } from 'wasi:clocks/monotonic-clock@0.2.12';
import { getOrSet } from './cache.js';

const menu = { espresso: '2.40 EUR', cappuccino: '3.60 EUR', tea: '2.90 EUR' };

/** Stands for a slow call to somewhere else. */
function lookUp(drink) {
  subscribeDuration(50_000_000n).block();
  if (!(drink in menu)) throw new Error(`there is no ${drink} on the menu`);
  return new TextEncoder().encode(`${drink} ${menu[drink]}`);
}

export const run = {
  run() {
    const drink = getArguments()[1] ?? 'espresso';
    try {
      const { value, hit } = getOrSet(`price:${drink}`, 60_000, () => lookUp(drink));
      console.log(hit ? 'hit' : 'computed', new TextDecoder().decode(value));
    } catch (e) {
      console.log(`readthrough: ${e.message}`);
      throw undefined; // the error case of run's result
    }
  },
};
