import { useSyncExternalStore } from 'react';
import { type Moment, useConsole } from '../console-context.ts';

/** The moment of the past that is looked at; undefined: what is now. Renders again when that changes. */
export function useMoment(): Moment | undefined {
	const { timeline } = useConsole();
	return useSyncExternalStore(
		(listener) => timeline.subscribe(listener),
		() => timeline.moment(),
	);
}
