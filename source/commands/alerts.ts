import { resolveConfig } from '../config.ts';
import { packageVersion } from '../lib/version.ts';
import { alertFile, alertRules } from '../metrics/alerts/alert-rules.ts';
import type { CommandContext } from './command.ts';

/** Prints the Prometheus rules that say what the console says. */
export async function alerts(context: CommandContext): Promise<number> {
	const { thresholds } = resolveConfig(context);
	context.stdout.write(alertFile(alertRules(thresholds), packageVersion()));
	return 0;
}
