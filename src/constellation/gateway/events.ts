import type { CapabilityEvent } from '../../compute/capability/index.ts';
import type { LogLine } from '../protocol/index.ts';

/** What happens at a gateway, for its owner's log. Must be handled without throwing. */
export type GatewayEvent =
  | {
      readonly kind: 'request';
      readonly requestId: string;
      readonly method: string;
      /** Without the query. */
      readonly path: string;
      /** Name of the Directive's handler; undefined when none was found or none was looked for. */
      readonly handler: string | undefined;
      /** 499 when the client went away before the answer. */
      readonly status: number;
      /** Identifier of the Sat that ran the last step; undefined when none did. */
      readonly sat: string | undefined;
      readonly ms: number;
      /** Code and words of what went wrong; undefined when nothing did. The client gets only the code. */
      readonly code: string | undefined;
      readonly reason: string | undefined;
    }
  | {
      readonly kind: 'sat-joined';
      readonly sat: string;
      readonly instance: string;
      readonly software: string;
      readonly concurrency: number;
      readonly labels: ReadonlyMap<string, string>;
    }
  | {
      readonly kind: 'sat-refused';
      readonly peer: string;
      readonly check: 'credential' | 'attribute' | 'policy' | 'offer' | 'capacity';
      readonly reason: string;
    }
  | {
      readonly kind: 'sat-left';
      readonly sat: string;
      readonly instance: string;
      readonly code: string;
      readonly reason: string;
      readonly callsLost: number;
    }
  | {
      readonly kind: 'sat-ready';
      readonly sat: string;
      readonly application: string;
      readonly version: string;
      /** Functions that this Sat cannot run, with the code of what is wrong. */
      readonly unusable: readonly { readonly name: string; readonly code: string }[];
    }
  | { readonly kind: 'call-retried'; readonly requestId: string; readonly sat: string; readonly reason: string }
  | { readonly kind: 'deployed' | 'withdrawn'; readonly application: string; readonly version: string }
  | ({ readonly kind: 'function-log'; readonly function: string; readonly sat: string } & LogLine)
  /** `untold`: how many of the function were left out since the last one that was told, because they came too fast. */
  | ({ readonly kind: 'capability'; readonly function: string; readonly untold: number } & Omit<
      CapabilityEvent,
      'kind'
    >);
