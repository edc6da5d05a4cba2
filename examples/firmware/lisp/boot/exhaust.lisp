; Fills the heap until there is nothing left, several ways, and goes on.

(define (attempt name f)
  (let (result (try (f) 'failed))
    (print "boot: " name ": " result)))

; One block at a time, all reachable: every collection finds nothing.
(define hoard nil)
(define (hoard-more)
  (while t (set! hoard (cons 1 hoard))))
(attempt "a list without end" hoard-more)
(set! hoard nil)
(gc)

; One allocation that doubles until it does not fit.
(define (grow)
  (let (items (array))
    (while t (push! items 0))))
(attempt "an array without end" grow)

; The C stack instead of the heap.
(define (deeper n) (+ 1 (deeper (+ n 1))))
(attempt "recursion without end" (lambda () (deeper 0)))

(gc)
(print "boot: still here, " (mem) " blocks used of all")
