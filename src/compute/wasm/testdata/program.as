export function primes(n: i32): i32 {
  const sieve = new Uint8Array(n);
  let count = 0;
  for (let i = 2; i < n; i++) {
    if (sieve[i]) continue;
    count++;
    for (let j = i * i; j < n; j += i) sieve[j] = 1;
  }
  return count;
}
export function words(n: i32): i32 {
  const seen = new Map<string, i32>();
  for (let i = 0; i < n; i++) {
    const word = (i * 7919 % 97).toString(16) + "-" + (i % 5).toString();
    seen.set(word, seen.has(word) ? seen.get(word) + 1 : 1);
  }
  let hash = 0;
  const keys = seen.keys();
  for (let i = 0; i < keys.length; i++) hash = hash * 31 + seen.get(keys[i]) + keys[i].length;
  return hash;
}
export function sort(n: i32): f64 {
  const values = new Array<f64>(n);
  for (let i = 0; i < n; i++) values[i] = Math.sin(<f64>i);
  values.sort((a, b) => a < b ? -1 : a > b ? 1 : 0);
  return values[n / 3];
}
export function fail(n: i32): i32 {
  return [1][n];
}
