import { packageVersion } from '../lib/version.ts';
import { alertFile, alertRules } from '../metrics/alerts/alert-rules.ts';
import type { CommandContext } from './command.ts';

/** Prints the Prometheus rules that say what the console says. */
export async function alerts({ stdout }: CommandContext): Promise<number> {
	stdout.write(alertFile(alertRules(), packageVersion()));
	return 0;
}
