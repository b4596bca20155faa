import { resolveConfig } from '../config.ts';
import { TidemarkError } from '../errors.ts';
import type { FleetMember } from '../fleet.ts';
import { type FleetLine, fleetLine, notAskedYet } from '../health/fleet-line.ts';
import { judgeOnce } from '../health/judge-once.ts';
import { type Severity, worstOf } from '../health/verdict.ts';
import { formatAge, formatCount } from '../lib/format.ts';
import { displayWidth, sanitise } from '../lib/text.ts';
import type { CommandContext } from './command.ts';
import { watchFleet } from './console.ts';
import { memberOf } from './fleet-member.ts';
import { stopParts } from './stop-parts.ts';

/** A target that has not answered after this has not, in ms: as long as a check waits. */
const patienceMs = 9000;

/** As of `check`. */
const statuses: Readonly<Record<Severity, number>> = { ok: 0, warn: 1, critical: 2, unknown: 3 };

/** All targets of the configuration: on a terminal the console's fleet view, else one line each. */
export async function fleet(context: CommandContext): Promise<number> {
	const { flags, stdin, stdout, env } = context;
	// Faults of the file come first.
	resolveConfig(context);
	const names = targetNames(context);
	const isTerminal = stdout.isTTY && stdin.isTTY && env.TERM !== 'dumb';
	if (isTerminal && !flags.json) return watchFleet(context, names[0] ?? '');
	const lines = await Promise.all(
		names.map(async (name) => ({ name, ...(await lineOf(context, memberOf(context, name))) })),
	);
	if (flags.json) stdout.write(`${JSON.stringify(lines.map(documentOf))}\n`);
	else stdout.write(`${tableOf(lines)}\n`);
	return statuses[worstOf(lines.map(({ severity }) => severity))];
}

/** @throws TidemarkError of kind `config` where there are none */
function targetNames({ file }: CommandContext): readonly string[] {
	const names = [...(file?.targets.keys() ?? [])];
	if (names.length > 0) return names;
	const where = file?.path ?? 'no configuration file';
	throw new TidemarkError(
		'config',
		`There are no targets: ${where} names none (see docs/connect.md).`,
	);
}

/** One sample of one target; whatever stands in its way is in its line. */
async function lineOf({ ending }: CommandContext, member: FleetMember): Promise<FleetLine> {
	let parts: ReturnType<FleetMember['open']> | undefined;
	let timer: NodeJS.Timeout | undefined;
	try {
		const opened = member.open();
		parts = opened;
		const given = new Promise<void>((resolve) => {
			timer = setTimeout(resolve, patienceMs);
			ending.addEventListener('abort', () => resolve(), { once: true });
		});
		await Promise.race([opened.loop.refreshAll(), given]);
		const { snapshot } = opened.monitor.current();
		const verdicts =
			snapshot.connection.kind === 'live' ? judgeOnce(snapshot, opened.thresholds) : [];
		return fleetLine({ snapshot, verdicts }, opened.loop.now(), patienceMs);
	} catch (error) {
		if (!(error instanceof TidemarkError)) throw error;
		const sentence = sanitise(error.message.split('\n').join('; '));
		return { ...notAskedYet, severity: 'critical', sentence };
	} finally {
		clearTimeout(timer);
		if (parts) await stopParts(parts);
	}
}

type NamedLine = FleetLine & { readonly name: string };

const documentOf = ({ name, severity, sentence, lagSeconds, queued, ageSeconds }: NamedLine) => ({
	target: name,
	state: severity,
	sentence,
	lag_seconds: lagSeconds ?? null,
	queued: queued ?? null,
	age_seconds: ageSeconds ?? null,
});

const words: Readonly<Record<Severity, string>> = {
	ok: 'OK',
	warn: 'WARNING',
	critical: 'CRITICAL',
	unknown: 'UNKNOWN',
};

function tableOf(lines: readonly NamedLine[]): string {
	const width = Math.max(...lines.map(({ name }) => displayWidth(name)));
	return lines
		.map(({ name, severity, sentence, lagSeconds, queued }) => {
			const numbers = [
				...(typeof lagSeconds !== 'number' ? [] : [`lag ${formatAge(lagSeconds)}`]),
				...(queued === undefined ? [] : [`queued ${formatCount(queued)}`]),
			];
			return [words[severity].padEnd(8), name.padEnd(width), sentence, ...numbers].join('  ');
		})
		.join('\n');
}
