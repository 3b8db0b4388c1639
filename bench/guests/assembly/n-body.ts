// The five outer bodies of the solar system, 400,000 steps.
import { finish } from './guest';

const SOLAR_MASS = 4.0 * Math.PI * Math.PI;
const YEAR = 365.24;

class Body {
  constructor(
    public x: f64,
    public y: f64,
    public z: f64,
    public vx: f64,
    public vy: f64,
    public vz: f64,
    public mass: f64,
  ) {}
}

function bodies(): StaticArray<Body> {
  return [
    new Body(0, 0, 0, 0, 0, 0, SOLAR_MASS),
    new Body(
      4.8414314424647209,
      -1.16032004402742839,
      -0.103622044471123109,
      0.00166007664274403694 * YEAR,
      0.00769901118419740425 * YEAR,
      -0.0000690460016972063023 * YEAR,
      0.000954791938424326609 * SOLAR_MASS,
    ),
    new Body(
      8.34336671824457987,
      4.12479856412430479,
      -0.403523417114321381,
      -0.00276742510726411 * YEAR,
      0.00499852801234917238 * YEAR,
      0.0000230417297573763929 * YEAR,
      0.000285885980666130812 * SOLAR_MASS,
    ),
    new Body(
      12.894369562139131,
      -15.1111514016986312,
      -0.223307578892655734,
      0.00296460137564761618 * YEAR,
      0.0023784717395948095 * YEAR,
      -0.0000296589568540237556 * YEAR,
      0.0000436624404335156298 * SOLAR_MASS,
    ),
    new Body(
      15.3796971148509165,
      -25.9193146099879641,
      0.179258772950371181,
      0.00268067772490389322 * YEAR,
      0.00162824170038242295 * YEAR,
      -0.000095159225451971587 * YEAR,
      0.0000515138902046611451 * SOLAR_MASS,
    ),
  ];
}

function advance(all: StaticArray<Body>, dt: f64): void {
  for (let i = 0; i < all.length; i++) {
    const a = all[i];
    for (let j = i + 1; j < all.length; j++) {
      const b = all[j];
      const dx = a.x - b.x,
        dy = a.y - b.y,
        dz = a.z - b.z;
      const square = dx * dx + dy * dy + dz * dz;
      const force = dt / (square * Math.sqrt(square));
      a.vx -= dx * b.mass * force;
      a.vy -= dy * b.mass * force;
      a.vz -= dz * b.mass * force;
      b.vx += dx * a.mass * force;
      b.vy += dy * a.mass * force;
      b.vz += dz * a.mass * force;
    }
  }
  for (let i = 0; i < all.length; i++) {
    const a = all[i];
    a.x += dt * a.vx;
    a.y += dt * a.vy;
    a.z += dt * a.vz;
  }
}

export function run_e(pointer: i32, length: i32, ident: i32): void {
  const all = bodies();
  for (let i = 0; i < 400_000; i++) advance(all, 0.01);
  finish(<u32>reinterpret<u64>(all[1].x), ident);
}
export * from './guest';
