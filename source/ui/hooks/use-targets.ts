import { useEffect, useSyncExternalStore } from 'react';
import { type TargetsState, useConsole } from '../console-context.ts';

const nothing: TargetsState = {
	targets: [],
	isWatching: false,
	whyNot: 'no targets in the configuration',
};
const never = () => () => {};

/** The targets there are; all of them are watched for as long as that is wished for. */
export function useTargets(isWatching: boolean): TargetsState {
	const { targets } = useConsole();
	useEffect(() => targets?.watch(isWatching), [targets, isWatching]);
	useEffect(() => () => targets?.watch(false), [targets]);
	return useSyncExternalStore(
		(listener) => (targets ? targets.subscribe(listener) : never()),
		() => targets?.state() ?? nothing,
	);
}
