import { encode } from 'uqr';

/** Light modules around the code that readers need, QR code specification (ISO/IEC 18004). */
const QUIET_ZONE = 4;
/** Two rows of modules share a line; a light module is drawn, so that the code is right on a dark ground. */
const HALVES = { both: '█', upper: '▀', lower: '▄', none: ' ' } as const;

/**
 * A QR code of a hex text as lines for a terminal; undefined when it needs more room. Upper-case hex digits are coded in the
 * alphanumeric mode, which takes two thirds of the room.
 */
export function qrCodeOfHex(
  hex: string,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): readonly string[] | undefined {
  // Largest version, weakest correction: 4296 characters.
  if (hex.length > 4296) return undefined;
  const { data } = encode(hex.toUpperCase(), { ecc: 'L', border: QUIET_ZONE });
  if (data.length > columns || data.length / 2 > rows) return undefined;
  const lines: string[] = [];
  for (let y = 0; y < data.length; y += 2) {
    const [upper = [], lower = []] = [data[y], data[y + 1]];
    lines.push(upper.map((dark, x) => HALVES[halfOf(!dark, lower[x] !== true)]).join(''));
  }
  return lines;
}

function halfOf(upper: boolean, lower: boolean): keyof typeof HALVES {
  if (upper) return lower ? 'both' : 'upper';
  return lower ? 'lower' : 'none';
}
