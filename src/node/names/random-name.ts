import type { RandomSource } from '../../kernel/index.ts';
import { toHex } from '../../kernel/bytes/index.ts';

const ADJECTIVES =
  'amber ample apt arctic azure bold brave brief bright brisk calm candid cheery civil clever cosmic crisp curious dapper daring deft distant eager early earnest easy even fair fleet fond frank free fresh gentle glad golden grand happy hardy honest humble jolly keen kind late light lively loyal lucid lunar mellow merry mild modest neat nimble noble novel patient placid plain polar polite prime proud quick quiet rapid ready rosy rustic sage serene sharp shy silent silver simple sincere sleek smooth snug sober solar solid spry stable stark steady still stout sturdy subtle sunny sure swift tame tidy tranquil true trusty upbeat urban vast vivid warm wise witty young zesty'.split(
    ' ',
  );
const NOUNS =
  'acorn alder anchor antler aspen badger basin bay beacon birch bison bluff breeze brook canyon cedar clover cobalt comet condor coral cove crane creek crow dale dawn delta dove dune eagle ember falcon fern finch fjord flint forest fox gale garnet geyser glade gull harbor hare hawk hazel heron hill ibis iris island jade jay kestrel kite lagoon lake lark laurel ledge lily linden lotus lynx maple marsh martin meadow mesa meteor moon moss moth nebula oak oasis ocean olive orbit orchid osprey otter owl pebble pelican petal pine planet plover pond poplar prairie puffin quail quartz rain raven reed reef ridge river robin rook sage salmon seal shoal shore sparrow spring spruce star stone storm stream summit swan swift tern thistle thrush tide topaz trail trout tulip vale valley violet walnut wave willow wren yarrow'.split(
    ' ',
  );

/** How often a name that is taken is rolled again before hex is used. */
const ATTEMPTS = 16;

/** Two words that are not `isTaken`, or eight hex digits. */
export function randomName(random: RandomSource, isTaken: (name: string) => boolean): string {
  for (let i = 0; i < ATTEMPTS; i++) {
    const [a = 0, b = 0, c = 0, d = 0] = random(4);
    const name = `${ADJECTIVES[(a * 256 + b) % ADJECTIVES.length]}-${NOUNS[(c * 256 + d) % NOUNS.length]}`;
    if (!isTaken(name)) return name;
  }
  return toHex(random(4));
}
