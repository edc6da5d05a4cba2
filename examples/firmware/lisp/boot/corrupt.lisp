; Allocations from frames whose return address is wrong (smash.c), among ordinary ones.

(define (range from to)
  (if (< from to) (cons from (range (+ from 1) to)) nil))

(define before (range 0 8))
(smash 0)
(smash 1)
(smash 2)
(define after (range 0 8))
(gc)
(print "boot: three smashed frames survived")
