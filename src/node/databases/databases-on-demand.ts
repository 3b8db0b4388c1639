import type { DatabaseProvider } from '../../compute/capability/index.ts';
import type { Databases } from '../../compute/database/index.ts';
import { CodedError, type Clock } from '../../kernel/index.ts';

/** A provider, and its end. */
export interface DatabasesOnDemand {
  readonly provider: DatabaseProvider;
  /** Ends every connection. */
  readonly close: () => Promise<void>;
}

/**
 * Databases that are loaded when a function first has a query: they are a good part of the program.
 * @param onTrouble told what went wrong when nobody waits for it any more.
 */
export function databasesOnDemand(clock: Clock, onTrouble: (text: string) => void): DatabasesOnDemand {
  let databases: Promise<Databases> | undefined;
  const open = async (): Promise<Databases> => {
    const [{ Databases }, { directDialer, systemResolver }] = await Promise.all([
      import('../../compute/database/index.ts'),
      import('../../compute/egress/index.ts'),
    ]);
    return new Databases({
      clock,
      dialer: directDialer({ resolver: systemResolver() }),
      onTrouble: (error) => onTrouble(describeTrouble(error)),
    });
  };
  return {
    provider: { execute: async (...query) => (await (databases ??= open())).execute(...query) },
    close: async () => (await databases)?.close(),
  };
}

/** `error` for a log: of an error that is not ours only its name is safe to show. */
export function describeTrouble(error: unknown): string {
  if (!(error instanceof CodedError)) return error instanceof Error ? error.name : typeof error;
  const causes: string[] = [];
  for (let { cause } = error; cause instanceof Error && causes.length < 4; { cause } = cause) {
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
    causes.push(code);
  }
  return [
    `${error.code}: ${error.message}`,
    ...(causes.length > 0 ? [`(${causes.join(', ')})`] : []),
    ...(error.remedy === undefined ? [] : [`– ${error.remedy}`]),
  ].join(' ');
}
