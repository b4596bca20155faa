import type { DiagnosisInput } from '../check.ts';
import { evidenceRows } from '../evidence.ts';
import type { NextStep } from '../finding.ts';
import type { Pipeline } from './pipelines.ts';

/** How to have a pipeline ticked: by pg_cron where it is, else by a cron outside. */
export function scheduleStep(input: DiagnosisInput, { name, tickFunction }: Pipeline): NextStep {
	const hasCron = evidenceRows(input, 'rollup/cron-jobs') !== undefined;
	return hasCron
		? {
				say: `Have pg_cron tick ${name} every five minutes.`,
				sql: `select cron.schedule('${tickFunction}', '*/5 * * * *', 'select ${tickFunction}()');`,
			}
		: {
				say: `Switch the application's scheduler on, or have a cron outside run this every five minutes for ${name}.`,
				command: `tick --pipeline ${name}`,
				sql: `select ${tickFunction}();`,
			};
}
