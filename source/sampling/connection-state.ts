import type { ConnectFailure } from '../errors.ts';
import type { LineState } from './line.ts';
import type { ConnectionState, ServerIdentity } from './snapshot.ts';

/** How a target and what befalls it are called. */
export type Naming = {
	/** How the target is called where it can't be reached. */
	readonly where: string;
	readonly describeFailure: (error: unknown) => ConnectFailure;
};

/** The state of a line in words, for a snapshot; before the first probe a live one still connects. */
export function connectionOf(
	state: LineState,
	identity: ServerIdentity | undefined,
	{ where, describeFailure }: Naming,
): ConnectionState {
	if (state.kind === 'lost') {
		const { class: failureClass, sentence } = describeFailure(state.error);
		const { since, attempts, nextTryAt } = state;
		return { kind: 'lost', since, where, failureClass, sentence, attempts, nextTryAt };
	}
	if (state.kind === 'live' && identity) return { kind: 'live', since: state.since, identity };
	return { kind: 'connecting', since: state.since, where };
}
