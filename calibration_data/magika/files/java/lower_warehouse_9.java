    @Override
    public String toString() {
        return "Module[" + this.scale + ", " + this.project + "]";
    }
