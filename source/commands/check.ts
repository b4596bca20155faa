import { TidemarkError } from '../errors.ts';
import { judgeOnce } from '../health/judge-once.ts';
import { measure } from '../health/measure.ts';
import { type SignalName, signalNames } from '../health/thresholds.ts';
import type { Verdict } from '../health/verdict.ts';
import { formatPlural } from '../lib/format.ts';
import type { Snapshot } from '../sampling/snapshot.ts';
import { type CheckStatus, checkLine, statusOf } from './check-line.ts';
import { checkSelf } from './check-self.ts';
import type { CommandContext } from './command.ts';
import { type OneSample, takeSample } from './one-sample.ts';
import { tellFaults } from './tell-faults.ts';

/** A check that has no answer after this is answered with unknown, in ms: before those who call it give up. */
const longestMs = 9000;

const statuses: Readonly<Record<CheckStatus, number>> = {
	OK: 0,
	WARNING: 1,
	CRITICAL: 2,
	UNKNOWN: 3,
};

/** One line about one sample; 0 ok, 1 warning, 2 critical, 3 unknown, as monitoring plugins have it. */
export async function check(context: CommandContext, deadlineMs = longestMs): Promise<number> {
	const { flags, stdout, ending } = context;
	const deadline = new AbortController();
	const timer = setTimeout(() => deadline.abort(), deadlineMs);
	const bounded = { ...context, ending: AbortSignal.any([ending, deadline.signal]) };
	try {
		if (flags.self) return statuses[await checkSelf(bounded)];
		const sample = await takeSample(bounded);
		tellFaults(context, sample.warnings);
		const { status, line } = judged(sample, (flags.only ?? []) as readonly string[]);
		stdout.write(`${line}\n`);
		return statuses[status];
	} catch (error) {
		if (!(error instanceof TidemarkError)) throw error;
		if (flags.self && error.kind === 'catalog') {
			for (const fault of error.faults) stdout.write(`CRITICAL  ${fault}\n`);
			return statuses.CRITICAL;
		}
		// One line, whatever it is that stands in the way; and never the exit status of a fault found.
		stdout.write(`${checkLine('UNKNOWN', [error.message.split('\n').join('; ')], [])}\n`);
		return statuses.UNKNOWN;
	} finally {
		clearTimeout(timer);
	}
}

function judged(sample: OneSample, only: readonly string[]) {
	const { connection } = sample.snapshot;
	const isMeant = meant(sample, only);
	const unknown = (sentence: string) => ({
		status: 'UNKNOWN' as const,
		line: checkLine('UNKNOWN', [sentence], []),
	});
	if (connection.kind === 'lost') return unknown(connection.sentence);
	if (connection.kind === 'connecting') return unknown(`no answer from ${connection.where}`);
	const measured = measure(sample.snapshot).filter(isMeant);
	const verdicts = judgeOnce(sample.snapshot, sample.thresholds).filter((verdict) =>
		measured.some(
			({ signal, subject }) => signal === verdict.signal && subject === verdict.subject,
		),
	);
	const quiet = only.filter(
		(name) => isQuiet(name, sample.snapshot) && !verdicts.some(({ signal }) => signal === name),
	);
	if (verdicts.length + quiet.length === 0) {
		return unknown(
			`nothing in this database to judge${only.length > 0 ? ` of ${only.join(', ')}` : ''}`,
		);
	}
	// The wrong database, or a role without a grant, must not pass for a healthy queue.
	if (only.length === 0 && verdicts.every(({ panel }) => panel === 'database')) {
		return unknown('no queue and no rollup in this database that this role may read');
	}
	const status = statusOf(verdicts);
	const problems = verdicts.filter(({ severity }) => severity !== 'ok');
	const judgedCount = formatPlural(verdicts.length + quiet.length, 'signal');
	const sentences = problems.length > 0 ? problems.map(sentenceOf) : [`all clear, ${judgedCount}`];
	return { status, line: checkLine(status, sentences, measured, sample.thresholds) };
}

const sentenceOf = ({ signal, subject, severity, sentence }: Verdict): string =>
	severity === 'unknown'
		? `${signal.replaceAll('-', ' ')}${subject ? ` (${subject})` : ''} is unknown`
		: sentence;

/** Signals that are measured only while something is wrong, and the samplers that would show it. */
const shownByTrouble: Readonly<Partial<Record<SignalName, RegExp>>> = {
	'rollup-lock-idle': /^rollup\/\w+-lock$/,
	'rollup-lock-active': /^rollup\/\w+-lock$/,
	'rollup-lock-waiter': /^rollup\/\w+-lock$/,
	'sampler-failing': /./,
};

/** Whether a signal has nothing to measure because all is well: whatever would show it was asked and answered. */
function isQuiet(name: string, { readings }: Snapshot): boolean {
	const samplers = shownByTrouble[name as SignalName];
	const kinds = [...readings].flatMap(([id, { kind }]) =>
		samplers?.test(id) && kind !== 'unavailable' ? [kind] : [],
	);
	return kinds.length > 0 && kinds.every((kind) => kind === 'ok' || kind === 'empty');
}

/** Signals that no single sample tells, and who does. */
const beyondOneSample: Readonly<Partial<Record<SignalName, string>>> = {
	'not-draining': 'it takes two samples, and the console and the alerts judge it',
	'dirty-rising': 'it takes two samples, and the console and the alerts judge it',
	'runtime-heartbeat':
		'it marks single runtimes in the console, and runtimes-silent is their share',
	'verify-wrong': 'it takes a comparison with raw usage, which tidemark verify makes',
	'verify-still-wrong': 'it takes two comparisons with raw usage, which the console makes',
};

/** Chooses by pack, panel or signal; without a choice everything is meant. */
function meant({ samplers }: OneSample, only: readonly string[]) {
	const packs = new Map(samplers.map(({ id, pack }) => [id, pack]));
	const names = new Set<string>([
		...signalNames,
		...packs.values(),
		...samplers.map(({ panel }) => panel),
	]);
	for (const name of only) {
		const beyond = beyondOneSample[name as SignalName];
		if (beyond) {
			throw new TidemarkError('config', `--only can not be ${name} for one sample: ${beyond}`);
		}
		if (names.has(name)) continue;
		const known = [...new Set(samplers.flatMap(({ pack, panel }) => [pack, panel]))].join(', ');
		throw new TidemarkError('config', `--only is a signal, or one of ${known}; it is "${name}"`);
	}
	return ({ signal, panel, sampler }: ReturnType<typeof measure>[number]): boolean =>
		only.length === 0 ||
		[signal, panel, packs.get(sampler) ?? ''].some((name) => only.includes(name));
}
