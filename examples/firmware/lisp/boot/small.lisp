; A few hundred heap events: one of everything that the big script does.

(define (range from to)
  (if (< from to) (cons from (range (+ from 1) to)) nil))

(define (map f items)
  (if items (cons (f (first items)) (map f (rest items))) nil))

(define (sum items)
  (if items (+ (first items) (sum (rest items))) 0))

; Recursion: one call inside the other.
(define (fact n) (if (< n 2) 1 (* n (fact (- n 1)))))

; A closure keeps its variable between calls.
(define (counter)
  (let (count 0)
    (lambda () (set! count (+ count 1)))))
(define tick (counter))
(tick)

(print "boot: 8! = " (fact 8) ", sum = " (sum (map (lambda (x) (* x x)) (range 0 8))))
(gc)

; A string and an array grow, in place as long as nothing is behind them; then they shrink.
(define greeting (str "hello, "))
(str-push! greeting "world, " "how are you today?")
(str-trim! greeting)
(define stack (array 1 2 3 4 5))
(push! stack 6 7 8 9)
(while (< 2 (length stack)) (pop! stack))

; A dictionary moves to a bigger table.
(define ages (dict))
(put! ages "ada" 36)
(put! ages "alan" 41)
(put! ages "grace" 85)
(put! ages "edsger" 72)

; A stream that nobody closes: its finaliser does.
(define (forget) (write (open "log") 1) nil)
(forget)
(tick)
(gc)

(print "boot: " greeting " " (length ages) " ages, " (open-streams) " streams open")
