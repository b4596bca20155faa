/** The panels of the overview, each as typed data out of a snapshot. */
export { databaseOf } from './database.ts';
export { leasesOf } from './lease.ts';
export { activityOf, runtimesOf, tasksOf } from './multica.ts';
export { rollupsOf } from './rollup.ts';
