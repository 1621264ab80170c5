    @Override
    public String toString() {
        return "Loader[" + this.stream + ", " + this.grain + "]";
    }
