//go:build faults

#include "textflag.h"

// The kernel's clock_gettime, and what to add to its time of day.
GLOBL ·kernelClock(SB), NOPTR, $8
GLOBL ·skew(SB), NOPTR, $8

// func skewClock(seconds int64)
TEXT ·skewClock(SB), NOSPLIT, $0-8
	MOVQ seconds+0(FP), AX
	MOVQ AX, ·skew(SB)
	MOVQ runtime·vdsoClockgettimeSym(SB), AX
	MOVQ AX, ·kernelClock(SB)
	LEAQ skewed<>(SB), AX
	MOVQ AX, runtime·vdsoClockgettimeSym(SB)
	RET

// skewed is clock_gettime(DI clock, SI time) in C's convention.
TEXT skewed<>(SB), NOSPLIT|NOFRAME, $0
	PUSHQ DI
	PUSHQ SI
	SUBQ  $8, SP
	MOVQ  ·kernelClock(SB), AX
	CALL  AX
	ADDQ  $8, SP
	POPQ  SI
	POPQ  DI
	CMPL  DI, $0 // CLOCK_REALTIME
	JNE   done
	MOVQ  ·skew(SB), CX
	ADDQ  CX, 0(SI)

done:
	RET
