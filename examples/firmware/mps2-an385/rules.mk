# Build rules of the firmwares for mps2-an385 (Cortex-M3), virt-rv32 (RISC-V) and sim-lx106 and sim-de212 (Xtensa). The including Makefile sets SOURCES (and may add to CPPFLAGS, LINK_SYMBOLS,
# VARIANT_SUFFIX, OBJECT_VARIANT, WRAPPED), then every link option is a directory: build/LIBC-OPT[-option...]/firmware.elf.
#
#   LIBC=newlib|nano|picolibc  OPT=Og|Os  REFERENCE=1  STRIP=libc|all  HEAP_SIZE=bytes  MACHINE=virt-rv32 MARCH=rv32imac

MACHINE ?= mps2-an385
MARCH ?= rv32imac
LIBC ?= newlib
OPT ?= Og
HEAP_SIZE ?= 1048576
CROSS_mps2-an385 := arm-none-eabi-
CROSS_virt-rv32 := riscv64-unknown-elf-
CROSS_sim-lx106 := xtensa-lx106-elf-
CROSS_sim-de212 := $(CROSS_sim-lx106)
CROSS ?= $(CROSS_$(MACHINE))
CC := $(CROSS)gcc
CXX := $(CROSS)g++
OBJCOPY := $(CROSS)objcopy
BOARD := ../mps2-an385
# What the machine has of its own; the rest is shared.
MACHINE_DIR := ../$(MACHINE)

SPECS_newlib :=
SPECS_nano := --specs=nano.specs
SPECS_picolibc := --specs=picolibc.specs
SPECS_none := -ffreestanding -fno-tree-loop-distribute-patterns
ifeq ($(MACHINE)-$(filter $(LIBC),newlib nano),virt-rv32-$(LIBC))
$(error LIBC=$(LIBC): expected picolibc for MACHINE=virt-rv32)
endif
# Machines for which there is no C library.
BARE := $(filter sim-lx106 sim-de212,$(MACHINE))
ifneq ($(if $(BARE),none),$(filter none,$(LIBC)))
$(error LIBC=$(LIBC): expected none for MACHINE=sim-lx106 and sim-de212, and for no other)
endif
ifeq ($(filter $(LIBC),newlib nano picolibc none),)
$(error LIBC=$(LIBC): expected newlib, nano or picolibc)
endif
ifeq ($(filter $(OPT),Og Os),)
$(error OPT=$(OPT): expected Og or Os)
endif
ifeq ($(filter $(STRIP),libc all),$(STRIP))
else
$(error STRIP=$(STRIP): expected libc or all)
endif

TARGET_mps2-an385 := -mcpu=cortex-m3 -mthumb
# Without relaxation, which would move the code where a REFERENCE=1 build calls its wrappers. By the ISA manual of 2019 csrw is of an
# extension of its own (_zicsr), with which gcc 12 looks for the libraries of RV64.
TARGET_virt-rv32 := -march=$(MARCH) -mabi=$(if $(findstring f,$(MARCH)),ilp32f,ilp32) -misa-spec=2.2 -mno-relax
TARGET_sim-lx106 := -mtext-section-literals -mlongcalls -I../sim-lx106/include
# Register windows, with instructions that the assembler must be taught.
TARGET_sim-de212 := $(TARGET_sim-lx106) -mabi=windowed -Wa,--abi-windowed
TARGET := $(TARGET_$(MACHINE)) $(SPECS_$(LIBC))
# The maps keep every path in the debug information relative, so that two checkouts give the same bytes.
COMMON = $(TARGET) -$(OPT) -g3 -gdwarf-4 -ffunction-sections -fdata-sections -fno-common \
	-ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(abspath $(BOARD))=$(BOARD) $(if $(filter-out mps2-an385,$(MACHINE)),-ffile-prefix-map=$(abspath $(MACHINE_DIR))=$(MACHINE_DIR))
LINKER ?= $(CC)
WARNINGS := -Wall -Wextra -Werror
CFLAGS = -std=gnu11 $(COMMON) $(WARNINGS) -Wstrict-prototypes -Wmissing-prototypes
CXXFLAGS = -std=gnu++17 $(COMMON) $(WARNINGS) -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-use-cxa-atexit

# All link variants of one LIBC and OPT share their objects, and so their code addresses.
MACHINE_PREFIX := $(if $(filter virt-rv32,$(MACHINE)),$(if $(filter rv32imac,$(MARCH)),rv32,$(MARCH))-)$(if $(BARE),$(subst sim-,,$(MACHINE))-)
OBJECTS_DIR := build/obj/$(MACHINE_PREFIX)$(LIBC)-$(OPT)$(OBJECT_VARIANT)
VARIANT := $(MACHINE_PREFIX)$(LIBC)-$(OPT)$(OBJECT_VARIANT)$(VARIANT_SUFFIX)
LINK_SYMBOLS += heap_size_bytes=$(HEAP_SIZE)
BOARD_SOURCES_mps2-an385 := startup.c uart.c syscalls.c
BOARD_SOURCES_virt-rv32 := start.S startup.c uart.c syscalls.c
BOARD_SOURCES_sim-lx106 := start.S startup.c uart.c divide.c
BOARD_SOURCES_sim-de212 := $(BOARD_SOURCES_sim-lx106)
BOARD_SOURCES := $(BOARD_SOURCES_$(MACHINE))
MACHINE_LINK_virt-rv32 := -Wl,--no-relax
MACHINE_LINK_sim-lx106 := -Wl,--no-relax -nostdlib
MACHINE_LINK_sim-de212 := $(MACHINE_LINK_sim-lx106)
ifeq ($(MACHINE),sim-lx106)
LINK_LIBRARIES = -lgcc
endif
OBJECTS = $(addprefix $(OBJECTS_DIR)/,$(addsuffix .o,$(basename $(SOURCES) $(BOARD_SOURCES))))

WRAP_newlib := _malloc_r _calloc_r _realloc_r _memalign_r _free_r
WRAP_nano := $(WRAP_newlib)
WRAP_picolibc := malloc calloc realloc memalign aligned_alloc free
WRAP_DEFINE_newlib := WRAP_NEWLIB
WRAP_DEFINE_nano := WRAP_NEWLIB
WRAP_DEFINE_picolibc := WRAP_PICOLIBC
WRAPPED ?= $(WRAP_$(LIBC))
WRAP_DEFINE ?= $(WRAP_DEFINE_$(LIBC))

ifeq ($(REFERENCE),1)
VARIANT := $(VARIANT)-reference
OBJECTS += $(OBJECTS_DIR)/reference.o
LINK_FLAGS += $(addprefix -Wl$(comma)--wrap=,$(WRAPPED))
endif
ifeq ($(STRIP),libc)
VARIANT := $(VARIANT)-striplibc
STRIPPED_LIBC := build/obj/$(MACHINE_PREFIX)$(LIBC)-stripped-libc
# Named before the libraries that the compiler adds, so it is the one that is used.
LINK_LIBRARIES = -Wl,--start-group $(wildcard $(STRIPPED_LIBC)/*.a) $(CXX_LIBRARY) -lgcc -Wl,--end-group
endif
ifeq ($(STRIP),all)
VARIANT := $(VARIANT)-nodebug
LINK_FLAGS += -Wl,--strip-debug
endif
comma := ,

FIRMWARE := build/$(VARIANT)/firmware.elf

.PHONY: firmware all clean path
.DEFAULT_GOAL := firmware
firmware: $(FIRMWARE)

path:
	@echo $(FIRMWARE)

$(FIRMWARE): $(OBJECTS) $(MACHINE_DIR)/link.ld $(BOARD)/rules.mk Makefile $(STRIPPED_LIBC)
	@mkdir -p $(@D)
	@echo "LINK $@"
	@$(LINKER) $(TARGET) -nostartfiles $(MACHINE_LINK_$(MACHINE)) -T $(MACHINE_DIR)/link.ld $(addprefix -Wl$(comma)--defsym=,$(LINK_SYMBOLS)) \
		$(LINK_FLAGS) -Wl,--gc-sections -Wl,--build-id=sha1 -Wl,--fatal-warnings -Wl,--no-warn-rwx-segments \
		-Wl,-Map=$(@D)/firmware.map -o $@ $(OBJECTS) $(LINK_LIBRARIES)

$(OBJECTS_DIR)/reference.o: CPPFLAGS += -D$(WRAP_DEFINE)

$(OBJECTS_DIR)/%.o: %.c | $(OBJECTS_DIR)
	@echo "CC $@"
	@$(CC) $(CFLAGS) $(CPPFLAGS) -I. -I$(BOARD) -MMD -c -o $@ $<

$(OBJECTS_DIR)/%.o: %.cpp | $(OBJECTS_DIR)
	@echo "CXX $@"
	@$(CXX) $(CXXFLAGS) $(CPPFLAGS) -I. -I$(BOARD) -MMD -c -o $@ $<

$(OBJECTS_DIR)/%.o: $(MACHINE_DIR)/%.c | $(OBJECTS_DIR)
	@echo "CC $@"
	@$(CC) $(CFLAGS) $(CPPFLAGS) -I. -I$(BOARD) -MMD -c -o $@ $<

ifeq ($(MACHINE),sim-de212)
CFLAGS += -Wa,../sim-de212/windowed.inc
CXXFLAGS += -Wa,../sim-de212/windowed.inc
$(OBJECTS_DIR)/%.o: ../sim-lx106/%.c | $(OBJECTS_DIR)
	@echo "CC $@"
	@$(CC) $(CFLAGS) $(CPPFLAGS) -I. -I$(BOARD) -MMD -c -o $@ $<
endif

$(OBJECTS_DIR)/%.o: $(MACHINE_DIR)/%.S | $(OBJECTS_DIR)
	@echo "AS $@"
	@$(CC) $(COMMON) -c -o $@ $<

$(OBJECTS_DIR)/%.o: $(BOARD)/%.c | $(OBJECTS_DIR)
	@echo "CC $@"
	@$(CC) $(CFLAGS) $(CPPFLAGS) -I. -I$(BOARD) -MMD -c -o $@ $<

$(OBJECTS_DIR):
	@mkdir -p $@

# The C library as it is, without its debug information: what most vendors ship.
$(STRIPPED_LIBC):
	@mkdir -p $@.new
	@echo "STRIP $@"
	@libc=$$($(CC) $(TARGET) -nostartfiles -Wl,--trace -Wl,-u,malloc -Wl,--unresolved-symbols=ignore-all \
		-o $@.new/probe.elf 2>&1 | sed -n 's/^(\{0,1\}\(.*libc[_a-z]*\.a\).*/\1/p' | head -n 1) && \
		$(OBJCOPY) --strip-debug "$$libc" $@.new/$$(basename "$$libc")
	@rm -f $@.new/probe.elf && mv $@.new $@

clean:
	rm -rf build

-include $(wildcard $(OBJECTS_DIR)/*.d)
