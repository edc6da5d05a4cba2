// The boot script as it is on disk, with a terminating zero. BOOT_SCRIPT comes from the Makefile.
    .section .rodata.boot_script, "a"
    .global boot_script
    .type boot_script, %object
boot_script:
    .incbin BOOT_SCRIPT
    .byte   0
    .size boot_script, . - boot_script
