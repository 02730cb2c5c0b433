/*
 * The commands of tracing/: each gets the argument vector from its own name on
 * and returns the exit status of holdup.
 */
#ifndef TRACING_COMMANDS_H
#define TRACING_COMMANDS_H

int record_main(int argc, char **argv);
int doctor_main(int argc, char **argv);

#endif
