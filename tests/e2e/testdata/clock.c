// A machine whose clock is wrong, for LD_PRELOAD: the wall clock is CLOCK_SHIFT seconds ahead.
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
  const int result = (int)syscall(SYS_clock_gettime, clock, time);
  const char *shift = getenv("CLOCK_SHIFT");
  if (result == 0 && clock == CLOCK_REALTIME && shift != NULL) time->tv_sec += atol(shift);
  return result;
}
