import { compose } from '../compose.ts';
import { resolveConfig } from '../config.ts';
import { describeDiagnosis } from '../health/diagnosis/describe.ts';
import type { Diagnosis } from '../health/diagnosis/diagnose.ts';
import { packageVersion } from '../lib/version.ts';
import type { CommandContext } from './command.ts';
import { diagnosisDocument } from './diagnose-document.ts';
import { diagnosisSchema } from './diagnose-schema.ts';
import { diagnosisText } from './diagnose-text.ts';
import { commands } from './registry.ts';
import { stopParts } from './stop-parts.ts';
import { tellFaults } from './tell-faults.ts';

/** As of `check`: nothing wrong, warnings, something critical, no answer. */
const statuses = { ok: 0, warn: 1, critical: 2, unknown: 3 } as const;

/** One sample, the evidence, and what is wrong and why; exits as `check` does. */
export async function diagnose(context: CommandContext): Promise<number> {
	const { flags, stdout, stderr, ending } = context;
	if (flags.schema) {
		stdout.write(`${JSON.stringify(diagnosisSchema, undefined, '\t')}\n`);
		return statuses.ok;
	}
	const config = resolveConfig(context);
	const target = await context.resolveTarget(context.args[0]);
	const parts = compose({ config, target });
	tellFaults(context, parts.warnings);
	const stop = () => void stopParts(parts);
	ending.addEventListener('abort', stop);
	try {
		const { connection } = await parts.loop.refreshAll();
		if (connection.kind === 'lost') {
			stderr.write(`${connection.sentence}\n`);
			return statuses.unknown;
		}
		const diagnosis = await parts.diagnostician.ask(true);
		stdout.write(
			flags.json
				? `${JSON.stringify(diagnosisDocument(diagnosis, packageVersion()))}\n`
				: diagnosisText(
						describeDiagnosis(diagnosis, (name) => Object.hasOwn(commands, name)),
						stdout.isTTY ? stdout.columns : undefined,
					),
		);
		return statuses[worst(diagnosis)];
	} finally {
		ending.removeEventListener('abort', stop);
		await stopParts(parts);
	}
}

function worst({ findings, unexplained }: Diagnosis): keyof typeof statuses {
	const severities = [...findings, ...unexplained].map(({ severity }) => severity);
	if (severities.includes('critical')) return 'critical';
	return severities.includes('warn') ? 'warn' : 'ok';
}
