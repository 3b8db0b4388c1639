/** Errors of this folder. */
import { CodedError } from '../kernel/index.ts';
import { type Finding, printFinding } from './finding.ts';

/** Raised when an application cannot be read or built. `findings` holds all of them when the code is `TOOLCHAIN_INVALID`. */
export class ToolchainError extends CodedError<
  | 'TOOLCHAIN_CANCELLED'
  | 'TOOLCHAIN_COMPILER_FAILED'
  | 'TOOLCHAIN_FILE'
  | 'TOOLCHAIN_FUNCTION'
  | 'TOOLCHAIN_INVALID'
  | 'TOOLCHAIN_LANGUAGE'
  | 'TOOLCHAIN_MISSING'
  | 'TOOLCHAIN_MODULE'
  | 'TOOLCHAIN_NO_APPLICATION'
> {
  readonly findings: readonly Finding[] = [];

  /** The error for an application with at least one error among its `findings`. */
  static ofFindings(findings: readonly Finding[]): ToolchainError {
    const errors = findings.filter((finding) => finding.severity === 'error');
    const lines = errors.map((finding) => `\n  ${printFinding(finding)}`);
    const message = `found ${errors.length} problem${errors.length === 1 ? '' : 's'}:${lines.join('')}`;
    return Object.assign(new ToolchainError('TOOLCHAIN_INVALID', message), { findings });
  }
}
