/*
 * The commands of workloads/: each gets the argument vector from its own name
 * on and returns the exit status of holdup.
 */
#ifndef WORKLOADS_COMMANDS_H
#define WORKLOADS_COMMANDS_H

int lesson_main(int argc, char **argv);

#endif
