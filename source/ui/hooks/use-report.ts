import { useSyncExternalStore } from 'react';
import type { Report } from '../../health/monitor.ts';
import { useConsole } from '../console-context.ts';

/** The latest report; renders again with each new one. */
export function useReport(): Report {
	const { report } = useConsole();
	return useSyncExternalStore(
		(listener) => report.subscribe(listener),
		() => report.current(),
	);
}
