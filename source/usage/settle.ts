import { type Answers, keyOf } from '../sampling/question.ts';
import type { Reader } from '../sampling/reader.ts';
import { rollupsOf } from '../sampling/rollup.ts';
import type { Snapshot } from '../sampling/snapshot.ts';
import type { UsageRequest } from './request.ts';
import type { RollupName } from './sources.ts';
import { type UsageContext, type UsageState, usageState } from './state.ts';

/** The rollups that a sample found, for {@link UsageContext}. */
export function rollupsIn(snapshot: Snapshot): UsageContext['rollups'] {
	const { isPresent, data } = rollupsOf(snapshot);
	if (!isPresent) return {};
	return Object.fromEntries(
		data.flatMap((rollup) => (isRollup(rollup.pipeline) ? [[rollup.pipeline, rollup]] : [])),
	);
}

const isRollup = (name: string): name is RollupName => name === 'hourly' || name === 'daily';

/** Asks until there is a whole report, or a reason why there is none. */
export async function settleUsage(
	request: UsageRequest,
	context: UsageContext,
	reader: Pick<Reader, 'ask'>,
): Promise<Exclude<UsageState, { kind: 'asking' }>> {
	let answers: Answers = new Map();
	for (;;) {
		const state = usageState(request, context, answers);
		const missing = state.questions.filter((question) => !answers.has(keyOf(question)));
		if (missing.length === 0 || state.kind === 'refused') {
			if (state.kind !== 'asking') return state;
			throw new RangeError('usage asks for what it has been told');
		}
		answers = new Map([...answers, ...(await reader.ask(missing))]);
	}
}
