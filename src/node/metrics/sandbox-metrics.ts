import type { FunctionStatistics } from '../../compute/metrics/index.ts';
import type { SandboxStats } from '../../compute/sandbox/index.ts';
import { type HistogramMetric, inSeconds, type Labels, type Metric, scalar, type ScalarMetric } from './metric.ts';

/** A sandbox and its functions, as of `stats`. */
export function sandboxMetrics(stats: SandboxStats): readonly Metric[] {
  const { threads, functions } = stats;
  const states = { ready: 0, starting: 0 };
  for (const { state } of threads) states[state]++;
  return [
    {
      type: 'gauge',
      name: 'perigee_sandbox_threads',
      help: 'Threads that run functions, by state.',
      unit: '',
      series: Object.entries(states).map(([state, value]) => ({ labels: { state }, value })),
    },
    scalar('gauge', 'perigee_sandbox_modules', 'Modules that are loaded.', stats.modules),
    scalar('gauge', 'perigee_sandbox_calls_in_flight', 'Calls that are in a thread.', stats.inFlight),
    scalar('gauge', 'perigee_sandbox_calls_waiting', 'Calls that wait for a thread.', stats.waiting),
    scalar(
      'gauge',
      'perigee_sandbox_open_host_calls',
      'Answers of capabilities that are awaited.',
      stats.openHostCalls,
    ),
    scalar('counter', 'perigee_sandbox_threads_lost_total', 'Threads that had to be replaced.', stats.threadsLost),
    counter(
      'perigee_function_calls_total',
      'Calls that have ended, by outcome: output, guest-error, or the code of a failure.',
      functions.flatMap(({ label, outcomes }) => split({ function: label }, 'outcome', outcomes)),
    ),
    counter(
      'perigee_function_denials_total',
      'What functions asked for and were refused, by capability.',
      functions.flatMap(({ label, denials }) => split({ function: label }, 'capability', denials)),
    ),
    counter(
      'perigee_function_host_calls_total',
      'Host functions that functions called.',
      functions.map(({ label, hostCalls }) => ({ labels: { function: label }, value: hostCalls })),
    ),
    {
      ...counter(
        'perigee_function_cpu_seconds_total',
        'Time that functions ran, the making of their instances included.',
        functions.map(({ label, cpuMs }) => ({ labels: { function: label }, value: cpuMs / 1000 })),
      ),
      unit: 's',
    },
    {
      type: 'gauge',
      name: 'perigee_function_memory_high_water_bytes',
      help: 'Largest linear memory of any call.',
      unit: 'By',
      series: functions.map(({ label, memoryBytes }) => ({ labels: { function: label }, value: memoryBytes })),
    },
    histogram(
      'perigee_function_memory_bytes',
      'Linear memory of calls at its largest.',
      'By',
      functions.map(({ label, memory }) => ({ labels: { function: label }, value: memory })),
    ),
    histogram(
      'perigee_function_duration_seconds',
      'From the call of a function to its result.',
      's',
      functions.map(({ label, durations }) => ({ labels: { function: label }, value: inSeconds(durations.wall) })),
    ),
    histogram(
      'perigee_function_phase_duration_seconds',
      'What the time of calls went to: in line, until the instance was made, running, waiting.',
      's',
      functions.flatMap(phases),
    ),
  ];
}

function phases({ label, durations: { queue, start, run, wait } }: FunctionStatistics): HistogramMetric['series'] {
  return Object.entries({ queue, start, run, wait }).map(([phase, value]) => ({
    labels: { function: label, phase },
    value: inSeconds(value),
  }));
}

function split(labels: Labels, by: string, counts: Readonly<Record<string, number>>): ScalarMetric['series'] {
  return Object.entries(counts).map(([word, value]) => ({ labels: { ...labels, [by]: word }, value }));
}

function counter(name: string, help: string, series: ScalarMetric['series']): ScalarMetric {
  return { type: 'counter', name, help, unit: '', series };
}

function histogram(
  name: string,
  help: string,
  unit: HistogramMetric['unit'],
  series: HistogramMetric['series'],
): HistogramMetric {
  return { type: 'histogram', name, help, unit, series };
}
