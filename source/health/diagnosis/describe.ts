import { formatAge, formatDateTime, formatMs } from '../../lib/format.ts';
import type { Severity } from '../verdict.ts';
import type { Diagnosis, RootFinding } from './diagnose.ts';
import type { NextStep } from './finding.ts';

/** One line of a diagnosis; who draws it decides on colours, wrapping and place. */
export type DiagnosisLine = {
	/**
	 * `sentence`: a finding, with its severity. `detail`: of the finding above, after its label. `copy`: a
	 * command line or a statement, to be copied as it is. `heading`: what follows is no finding.
	 */
	readonly role: 'sentence' | 'detail' | 'copy' | 'heading';
	readonly severity?: Severity | 'note';
	readonly label: string;
	readonly text: string;
};

/** Whether the program has a command of this name, such as `tick`. */
export type HasCommand = (name: string) => boolean;

/** Everything a diagnosis says, worst first. */
export function describeDiagnosis(
	diagnosis: Diagnosis,
	hasCommand: HasCommand,
): readonly DiagnosisLine[] {
	const { findings, unexplained, at } = diagnosis;
	// A note is no alarm, and alone it leaves the question open that everybody has.
	const isWell = unexplained.length === 0 && findings.every(({ severity }) => severity === 'note');
	const { isHindsight } = diagnosis;
	const well = isHindsight ? 'the samples of then show nothing wrong' : 'nothing is wrong';
	return [
		...(isWell ? [sentenceLine('ok', well)] : []),
		...findings.flatMap((finding) => describeFinding(finding, at, hasCommand)),
		...unexplained.map(({ severity, sentence }) => sentenceLine(severity, sentence)),
		...(isHindsight ? hindsight : standing(diagnosis)),
	];
}

function standing({ facts, gaps, at, serverMs }: Diagnosis): readonly DiagnosisLine[] {
	return [
		heading('how things stand'),
		...facts.map(({ topic, text }) => detail(topic, text)),
		...[...Map.groupBy(gaps, ({ reason }) => reason)].map(([reason, group]) =>
			detail('not known', `${group.map(({ evidence }) => evidence).join(', ')}: ${reason}`),
		),
		detail(
			'evidence',
			`asked at ${formatDateTime(at)}, ${formatMs(serverMs)} of the server's time`,
		),
	];
}

/** One finding: its sentence, since when and how sure, the evidence, what to do, what it explains. */
export function describeFinding(
	finding: RootFinding,
	at: number,
	hasCommand: HasCommand,
): readonly DiagnosisLine[] {
	const { severity, sentence, confidence, since, clues, folded, verdicts, next } = finding;
	const explained = [...folded, ...verdicts].map((each) => each.sentence);
	return [
		sentenceLine(severity, sentence),
		detail(
			'since',
			since === undefined
				? `not known; this is ${confidence}`
				: `${formatDateTime(since)}, ${formatAge((at - since) / 1000)} ago; this is ${confidence}`,
		),
		...clues.map(({ label, value }) => detail(label, value)),
		...next.flatMap((step) => describeStep(step, hasCommand)),
		// Last: it may be long, and on a small screen what to do must not be below its edge.
		...explained.map((each, index) => detail(index === 0 ? 'explains' : '', each)),
	];
}

function describeStep(
	{ say, command, sql }: NextStep,
	hasCommand: HasCommand,
): readonly DiagnosisLine[] {
	const [name = ''] = command?.split(' ') ?? [];
	const copy = command !== undefined && hasCommand(name) ? `tidemark ${command}` : sql;
	// A step that only a command can do is not there before the command is.
	if (copy === undefined && command !== undefined) return [];
	return [
		detail('next', say),
		...(copy === undefined ? [] : [{ role: 'copy', label: '', text: copy } as const]),
	];
}

const sentenceLine = (severity: Severity | 'note', text: string): DiagnosisLine => ({
	role: 'sentence',
	severity,
	label: '',
	text,
});

const heading = (text: string): DiagnosisLine => ({ role: 'heading', label: '', text });

const detail = (label: string, text: string): DiagnosisLine => ({ role: 'detail', label, text });

/** What is missing in a diagnosis of the past. */
const hindsight: readonly DiagnosisLine[] = [
	heading('seen from later'),
	detail('evidence', 'none is left of then: this is what the samples alone show'),
	detail('next steps', 'were for then: look at what is now before you take one'),
];
